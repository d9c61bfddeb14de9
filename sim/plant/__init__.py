"""The plant: bag, set, air, pressure, catheter, vein and battery, in closed form."""
