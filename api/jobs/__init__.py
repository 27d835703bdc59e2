"""Long pieces of work in steps that survive the death of their worker: what they do, who does them, who watches."""
