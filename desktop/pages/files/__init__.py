"""The page of files: tables in, tables out."""
