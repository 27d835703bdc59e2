"""The API's description: OpenAPI for programs, one page for people."""
