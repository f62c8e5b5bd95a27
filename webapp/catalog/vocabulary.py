"""What job titles are made of, apart from the question bank: ranks, words for a person, other trades, technologies."""

from __future__ import annotations

from types import MappingProxyType


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BEGINNER_RANKS = _words(
    "junior jr intern internship trainee graduate grad apprentice apprenticeship entry entry-level associate fresher student"
)
ADVANCED_RANKS = _words("senior sr staff principal lead head director vp chief distinguished expert iii iv v")
"""Ranks that set an interview's level; a title with ranks of both kinds sets none."""

# Of these, "Staff Nurse" and "Warehouse Associate" name no rank: they count only where the role is known.
RANKS_OF_KNOWN_ROLES = _words("staff associate lead head entry expert i ii iii iv v")

RANKS = (
    BEGINNER_RANKS
    | ADVANCED_RANKS
    | _words(
        "mid midlevel middle level experienced assistant deputy acting interim contract contractor freelance freelancer"
        " remote hybrid onsite part full time permanent temporary i ii iii iv v l1 l2 l3 l4 l5 l6 1 2 3 4 5"
        " specialist expert ninja guru rockstar wizard role position job opening vacancy experience years"
    )
)
"""Words that say how senior or how employed a person is, not what the person does."""

CONNECTORS = _words("a an and at by for from in of on or the to with &")
PREPOSITIONS = _words("at by for from in of on to with")

ENGINEERS = _words(
    "developer engineer programmer coder dev devs developers engineers programmers coders engr eng"
)
"""Interchangeable in titles of software."""

MAKERS = ENGINEERS | _words(
    "architect architects administrator administrators admin tester testers scientist scientists technologist devops lead"
)
"""Heads of a title before which an everyday word such as "cloud" or "security" means a field of computing."""

COMPUTING = _words(
    "software data web it cloud sql cyber cybersecurity computer computing digital backend frontend fullstack devops"
    " machine ml ai qa ux ui api app apps embedded firmware informatics technology tech saas iot"
)
"""Words that show that a title is about computing, whatever else it names."""

OTHER_TRADES = _words(
    # Heads of titles.
    "recruiter recruiters sourcer teacher instructor lecturer professor tutor trainer educator sales salesperson seller salesman"
    " representative rep executive assistant secretary receptionist clerk cashier attorney lawyer counsel paralegal judge"
    " accountant accounting bookkeeper auditor actuary underwriter broker banker teller economist treasurer"
    " nurse physician doctor surgeon dentist pharmacist therapist psychologist psychiatrist counselor paramedic"
    " hygienist phlebotomist sonographer radiographer midwife caregiver veterinarian optometrist dietitian pathologist"
    " chef cook baker barista bartender waiter waitress butcher dishwasher caterer sommelier"
    " electrician plumber carpenter welder mechanic machinist mason roofer painter fitter installer repairer"
    " driver pilot captain conductor attendant courier dispatcher mover loader carrier operator proofer assembler"
    " guard officer firefighter soldier detective inspector warden sheriff police"
    " writer copywriter editor journalist reporter author translator interpreter publicist"
    " photographer musician actor singer dancer artist animator illustrator sculptor producer"
    " cleaner janitor housekeeper gardener landscaper farmer fisher logger miner laborer worker"
    " hairdresser barber cosmetologist stylist model florist tailor seamstress jeweler"
    " agent realtor surveyor planner buyer merchandiser evangelist influencer demonstrator"
    " chemist biologist physicist geologist botanist zoologist astronomer meteorologist librarian archivist curator"
    " coach tamer athlete referee priest pastor chaplain politician diplomat"
    # Fields of other trades.
    " marketing advertising fundraising brand branding hr human recruiting recruitment payroll"
    " mechanical electrical civil structural chemical biomedical aerospace aeronautical nuclear petroleum mining marine naval"
    " environmental geotechnical hydraulic hvac plumbing welding construction building manufacturing railway rail locomotive"
    " automotive industrial materials metallurgical textile agricultural food water wastewater gas oil power energy solar"
    " acoustic sound audio lighting stage broadcast film video music fashion interior landscape floral jewelry"
    " medical clinical nursing dental pharmacy pharmaceutical veterinary surgical hospital patient"
    " legal tax insurance loan mortgage credit estate property retail store restaurant hotel hospitality kitchen"
    " warehouse logistics freight shipping procurement purchasing supply fleet aviation flight"
    " school elementary kindergarten curriculum childcare social community church military"
    " cnc crane forklift truck bus taxi postal mail laboratory"
)
"""Words of trades outside the bank. As the head of a title they decide; before it they outweigh an everyday word."""

TECHNOLOGIES = MappingProxyType(
    {
        "python": "Python", "py": "Python", "python3": "Python", "cpython": "Python",
        "java": "Java",
        "javascript": "JavaScript", "js": "JavaScript", "ecmascript": "JavaScript", "es6": "JavaScript",
        "node": "JavaScript", "node.js": "JavaScript", "nodejs": "JavaScript",
        "typescript": "TypeScript", "ts": "TypeScript",
        "c": "C", "c++": "C++", "cpp": "C++", "c#": "C#", "csharp": "C#",
        ".net": "C#", "dotnet": "C#", "asp.net": "C#", "vb.net": "Visual Basic", "vba": "Visual Basic", "f#": "F#",
        "go": "Go", "golang": "Go", "rust": "Rust", "r": "R", "julia": "Julia", "matlab": "MATLAB", "sas": "SAS",
        "ruby": "Ruby", "php": "PHP", "perl": "Perl", "lua": "Lua", "scala": "Scala", "kotlin": "Kotlin",
        "groovy": "Groovy", "clojure": "Clojure", "swift": "Swift", "objective c": "Objective-C", "dart": "Dart",
        "elixir": "Elixir", "erlang": "Erlang", "haskell": "Haskell", "ocaml": "OCaml", "lisp": "Lisp",
        "prolog": "Prolog", "fortran": "Fortran", "cobol": "COBOL", "ada": "Ada", "delphi": "Delphi", "pascal": "Pascal",
        "abap": "ABAP", "apex": "Apex", "solidity": "Solidity", "zig": "Zig", "vhdl": "VHDL", "verilog": "Verilog",
    }
)  # fmt: skip
"""How each programming language is spelled."""

IMPLIED_LANGUAGES = MappingProxyType(
    {
        "django": "Python", "flask": "Python", "fastapi": "Python", "pandas": "Python", "numpy": "Python",
        "pytorch": "Python", "tensorflow": "Python", "keras": "Python", "pyspark": "Python", "scikit learn": "Python",
        "spring": "Java", "spring boot": "Java", "hibernate": "Java", "jakarta ee": "Java", "j2ee": "Java",
        "angular": "TypeScript", "angularjs": "JavaScript", "vue": "JavaScript", "vue.js": "JavaScript",
        "svelte": "JavaScript", "ember.js": "JavaScript", "jquery": "JavaScript", "express.js": "JavaScript",
        "nestjs": "TypeScript", "mern": "JavaScript", "mean stack": "JavaScript",
        "react": "JavaScript TypeScript", "react.js": "JavaScript TypeScript", "reactjs": "JavaScript TypeScript",
        "next.js": "JavaScript TypeScript", "react native": "JavaScript TypeScript",
        "android": "Kotlin", "jetpack compose": "Kotlin", "ios": "Swift", "swiftui": "Swift", "uikit": "Swift",
        "flutter": "Dart", "rails": "Ruby", "laravel": "PHP", "symfony": "PHP", "drupal": "PHP", "wordpress": "PHP",
        "magento": "PHP", "unity": "C#", "xamarin": "C#", "unreal engine": "C++", "salesforce": "Apex",
        "phoenix": "Elixir", "akka": "Scala",
    }
)  # fmt: skip
"""The languages of a technology; they count only where no language is named."""

PLATFORMS = MappingProxyType(
    {
        "ios": "iOS", "swiftui": "iOS", "uikit": "iOS", "iphone": "iOS", "android": "Android", "jetpack compose": "Android",
        "flutter": "Flutter", "react native": "React Native", "xamarin": "Xamarin", "ionic": "Ionic",
    }
)  # fmt: skip
UI_FRAMEWORKS = MappingProxyType(
    {
        "react": "React", "react.js": "React", "reactjs": "React", "next.js": "React", "redux": "React",
        "angular": "Angular", "angularjs": "Angular", "vue": "Vue", "vue.js": "Vue", "nuxt": "Vue", "svelte": "Svelte",
        "ember.js": "Ember", "mern": "React", "mean stack": "Angular",
    }
)  # fmt: skip

HOMOGRAPHS = _words(
    "go c r rust swift spring chef puppet react flask ruby julia dart express helm snowflake looker jetpack oracle unity"
    " cypress playwright selenium spark excel sas apex ada delphi pascal elixir phoenix crystal groovy node vue salt"
    " beam lighthouse bootstrap sass safe rice aria moscow hive rest ember svelte scala angular pip maven"
)
"""Names of technologies that are also everyday words or initials: they count only in a technical context."""

CONTEXT = ENGINEERS | _words(
    "programming architect software backend frontend fullstack microservices microservice services service codebase code"
    " language languages script scripts scripting stack framework sdk api apis compiler automation specialist expert"
    " experience skills knowledge dba administrator modules playbooks web mobile embedded automation tester test"
    " ninja guru wizard consultant analyst"
)
"""A word beside which a homograph is the name of a technology."""
PAIRS = frozenset(
    tuple(pair.split())
    for pair in (
        "objective c", "embedded c", "misra c", "spring boot", "spring framework", "spring cloud", "spring mvc",
        "react native", "react hooks", "oracle database", "ruby on", "apache spark", "apache beam", "unity 3d",
        "rest api", "rest apis", "jetpack compose", "android jetpack", "chef infra", "express js", "core java",
    )
)  # fmt: skip
"""Words of which each makes the other the name of a technology."""

LEADING = _words("in with using via know knows including like either modern idiomatic plus some our")
"""A word after which a homograph that is spelled as a name, and closes its phrase, is one."""

LANGUAGE_TITLES = _words("go react angular vue scala")
"""Homographs that mean the technology where one is the whole title."""

REAL_WORDS = _words("produce")
"""Words one letter away from a word of a known title, which are no slips of the pen."""
