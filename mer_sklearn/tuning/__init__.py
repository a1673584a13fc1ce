"""Tuning: features, scaling, balancing and model searched together, with groups apart."""
