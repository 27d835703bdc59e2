"""Reading and writing files: scenario folders, workbooks, postcodes."""
