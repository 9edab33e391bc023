"""The first start: in a few steps from an empty folder to the first parcel."""
