"""E-mail to experts: an outbox that pages fill (outbox.py), and `send_mail`, which empties it (sending.py).

No page sends anything. A message gets its address and its link when it is sent: the database has no link of anybody,
and erasing an expert leaves no address.
"""
