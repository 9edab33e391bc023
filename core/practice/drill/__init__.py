"""The drill (超卖演练): a sale in virtual time against simulated shops, through the real intake and stock code."""
