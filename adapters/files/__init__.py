"""Files that an operator hands over: read whole and checked before anything is written."""
