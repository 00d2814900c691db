"""What people see in a terminal: plain when piped, readable without colour."""
