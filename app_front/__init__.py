"""The Streamlit form; talks HTTP only."""
