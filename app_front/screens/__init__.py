"""The pages: each has one function ``show`` that draws it."""
