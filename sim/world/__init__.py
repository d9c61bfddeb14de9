"""The world: a SimPy environment with the bench, the scripted steps and the people in it."""
