"""Ways to reach a person: group robots and e-mail, behind one contract."""
