"""Pages for officers: rendered here, without a build step, and of use without JavaScript."""
