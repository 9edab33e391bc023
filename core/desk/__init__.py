"""What one packing desk calls: each method is one question or one act, in its own short transaction."""
