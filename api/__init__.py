"""Every way in and out: the command line, questions, documents and what people see. Imported by nobody."""
