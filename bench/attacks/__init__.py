"""Answers made to deceive the judgement, and honest ones that it must not punish; `python -m bench.attacks`.

The families are written from what people and programs try, never from what the engine's gates look for.
"""
