"""The simulated world around a pump core: physics, bench, people, hosts."""
