"""The report: a project's numbers as pictures on one page that needs nothing else.

`reading` and `reading_now` ask the database, `data` is what they found, each module of `charts`
draws one picture from it (data in, picture out), `page` puts them together.
"""
