"""E-waybill services behind one contract; the label content."""
