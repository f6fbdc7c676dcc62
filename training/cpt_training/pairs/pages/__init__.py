"""What miners read of prose: pages as blocks, sections, samples of code."""
