"""``python -m cpt_rag.cli``: the command line without its console script."""

from cpt_rag.cli.main import main

if __name__ == "__main__":
    main()
