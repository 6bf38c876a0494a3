"""Tags of the bundled catalog that a curator would merge, listed by hand.

Made by reading all 559 spellings with their counts, and the issues of those in doubt, before any
rule was written. Spellings of the same `tag_key` are one tag already and are not listed. No group
here has more than two tags, so each line is a whole group; the spellings are the tags' names.
"""

# Any curator would merge these: one subject under two names.
DUPLICATES = [
    ("reinforcement learning", "RL"),
    ("mixture of experts", "MoE"),
    ("licenses", "licensing"),
    ("Model Spec", "model specs"),
    ("DPO vs PPO", "PPO vs DPO"),
    ("inference-time scaling", "inference scaling"),
    ("Chinese AI labs", "China AI labs"),
    ("open vs closed gap", "open-closed gap"),
    ("automated research", "automation of research"),
    ("US-China", "US vs China"),
    ("o3", "OpenAI o3"),
]

# Some curators would merge these: by what they mean, or to have fewer tags. They are here so that
# it stands written what was thought of and left out; a proposal of one still counts as wrong.
ARGUABLE = [
    ("distillation", "knowledge distillation"),
    ("distillation", "model distillation"),
    ("test-time compute", "inference-time compute"),
    ("evaluation", "model evaluation"),
    ("evaluation", "LLM evaluation"),
    ("model evaluation", "LLM evaluation"),
    ("agents", "AI agents"),
    ("AI agents", "LLM agents"),
    ("open source", "open source AI"),
    ("open models", "open LLMs"),
    ("open vs closed", "open vs closed models"),
    ("open vs closed", "open vs closed gap"),
    ("open source definition", "OSI definition"),
    ("Chatbot Arena", "LMArena"),
    ("Chatbot Arena", "LMSYS"),
    ("architectures", "model architectures"),
    ("industry economics", "AI industry economics"),
    ("AI economics", "AI industry economics"),
    ("contamination", "data contamination"),
    ("emergence", "emergent abilities"),
    ("podcast interview", "interview"),
    ("podcast", "podcast interview"),
    ("podcast", "podcast talk"),
    ("licensing", "model licensing"),
    ("licenses", "model licensing"),
    ("personality", "model personality"),
    ("process-reward-models", "process rewards"),
    ("reasoning", "LLM reasoning"),
    ("regulation", "AI regulation"),
    ("AI policy", "policy"),
    ("deployment", "model deployment"),
    ("US-China", "US-China AI"),
    ("taxonomy", "model taxonomy"),
    ("scaling", "model scaling"),
    ("moats", "ML moats"),
]

# Pairs overlooked in the reading and seen only once the rules had proposed them.
FOUND_LATER: list[tuple[str, str]] = []
