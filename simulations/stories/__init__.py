"""The four stories of the demonstration: true places and lot sizes, invented parties."""
