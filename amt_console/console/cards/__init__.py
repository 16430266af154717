"""What is known of one thing: each card fills a detail screen, and stands beside a list as its preview."""
