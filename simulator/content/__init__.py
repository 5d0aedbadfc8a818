"""What the issues tell: people, product areas, lives and the words for them."""
