Redoc.init("/api/openapi.json", { hideDownloadButtons: false, disableSearch: false }, document.getElementById("redoc"));
