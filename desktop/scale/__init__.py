"""The scale of a desk: its formats, the reader of its port, and what may be taken for a parcel's weight."""
