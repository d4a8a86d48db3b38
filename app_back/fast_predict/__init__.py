"""The fast path of ``POST /predict``: every part that gives up plain FastAPI for throughput.

``PREDICT_FAST_PATH=off`` switches the first three parts off: FastAPI's ordinary route, Starlette's
router and uvicorn's ordinary protocol then give the same responses, and are held to the same tests.

=========================  ========================================================================
part                       saves
=========================  ========================================================================
``direct_route``           FastAPI's dependencies, request parsing and response models, which cost
                           about as much as the rest of a prediction
``bypass``                 Starlette's middleware and router: an eighth of the event loop's time
``single_write_protocol``  the second write of each response: a third of the time in which the
                           event loop holds the interpreter
``group_commit``           a model call and a commit for each of several concurrent requests; its
                           second lane alone took 16 connections from 30 to 35 % of the empty
                           endpoint's throughput
=========================  ========================================================================

Together, the first three double the throughput of 16 connections on SQLite.

``group_commit`` stays in use either way: it also bounds how many predictions may wait. The figures
are shares of profiles, or of the empty endpoint's throughput as ``./run bench api`` measures it.
"""
