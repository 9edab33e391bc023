"""The HTTP door: own malls and apps reserve here before they sell, and hear here what became of it."""
