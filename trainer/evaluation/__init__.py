"""What `python -m trainer evaluate` measures, one protocol a file. Nothing here is fitted to, or chosen by, attacks."""
