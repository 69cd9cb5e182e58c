"""What environments of gymnasium need beyond its interface, each in a module that a mapping names as `adapter`.

    save(environment) -> numbers              everything needed to go on from here, always as many
    restore(environment, numbers)             back to there; two restores of one state go on alike
    START = ["agent_pos", …]                  the observations that tell where everything is
    start(environment, observations)          an episode from there, at rest; names → numbers

A module may have some of them. `environment` is the unwrapped one, as gymnasium.make made it.
"""
