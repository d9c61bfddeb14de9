"""Tests of the benchmarks: that each workload is honest, never how long it takes."""
