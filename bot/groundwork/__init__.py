"""What actions rest on, since none calls another: each works in the unit of work that an action opened."""
