"""The command line, `otc`: a dispatcher and a module for each command."""
