"""Parts of the pages; a function called ``draw_...`` adds elements where it is called."""
