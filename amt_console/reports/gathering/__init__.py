"""What a report is made of: read in one transaction, digested, and cleaned of unsafe text."""
