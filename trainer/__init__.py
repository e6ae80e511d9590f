"""Trainer of Normgate's model bundles: benign logs in, a verified bundle out."""
