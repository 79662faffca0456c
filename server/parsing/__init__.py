"""What others made is read in a child process that can do nothing else. Rule: only a child decodes a picture.

    pool.py       starts children, hands them work, ends them when they take too long
    child.py      one child: reads a task, answers it, again
    lockdown.py   what it may no longer do, from before its first task
    messages.py   what the two say to each other
    pictures.py   what a child makes of a picture; likeness.py  what it has in common with copies of it
    typesetting.py typesetter.py  papers become PDFs in children of their own, paper.typ says how they look

A child has neither files nor a network, at most 300 MB and ten seconds for a task; the office outlives
whatever a file does to it. What holds without the rights of root is in docs/security.md.
"""
