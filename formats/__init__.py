"""The ground floor: what two rooms must agree on, written once. It imports none of the rooms."""
