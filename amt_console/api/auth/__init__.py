"""Who calls the API, and what that person may do."""
