"""Microsoft Teams: activities in, activities out."""
