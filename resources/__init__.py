"""Fonts, icons, sounds, label templates, translations; path helpers only."""
