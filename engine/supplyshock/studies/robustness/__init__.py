"""Policies against many futures: regret, satisficing, and the futures in which a policy fails."""
