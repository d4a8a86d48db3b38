"""The pages: one module each, whose function ``show`` draws the page."""
