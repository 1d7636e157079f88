"""The weather: trade played against the house, honest and crooked."""
