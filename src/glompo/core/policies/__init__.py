"""What policies are: ports, rules, and what they share."""
