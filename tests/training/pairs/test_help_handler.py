"""Help of commands and options with the code that handles them."""

from __future__ import annotations

from textwrap import dedent

import pytest

from cpt_training.pairs import help_handler
from cpt_training.pairs.pair import SourceFile


def mined(language: str, text: str, test: bool = False) -> dict[str, str]:
    pairs = list(help_handler.mine(SourceFile("a", language, dedent(text).lstrip("\n"), test)))
    assert all(pair.kind == "help_handler" and pair.language == language for pair in pairs)
    return {pair.query: pair.document for pair in pairs}


def test_a_click_command_goes_without_the_help_itself() -> None:
    source = '''
        import click

        @cli.command(help="Remove old releases.")
        @click.option("--keep", help="how many releases are kept")
        def prune(keep):
            """Not the help."""
            for release in releases()[keep:]:
                release.remove()
        '''
    found = mined("python", source)
    assert list(found) == ["Remove old releases.", "how many releases are kept"]
    assert found["Remove old releases."] == (
        '@cli.command(help="")\n'
        '@click.option("--keep", help="how many releases are kept")\n'
        "def prune(keep):\n"
        "    for release in releases()[keep:]:\n"
        "        release.remove()"
    )
    assert '@click.option("--keep", help="")' in found["how many releases are kept"]


def test_an_argument_of_typer_goes_with_its_function() -> None:
    source = """
        import typer

        def greet(name: Annotated[str, typer.Argument(help="whom to greet today")]) -> None:
            hello(name)
            wave(name)
        """
    (document,) = mined("python", source).values()
    assert 'typer.Argument(help="")' in document


def test_a_sub_command_of_argparse_goes_with_the_function_that_it_sets() -> None:
    source = """
        import argparse

        def build(args):
            target = resolve(args.target)
            return compile_all(target)

        def main():
            parser = argparse.ArgumentParser(description="Build and publish all packages.")
            commands = parser.add_subparsers()
            sub = commands.add_parser("build", help="compile all sources of a package")
            sub.add_argument("target", help="the package that is compiled")
            sub.set_defaults(func=build)
            args = parser.parse_args()
            args.func(args)
        """
    found = mined("python", source)
    assert found["compile all sources of a package"] == (
        "def build(args):\n    target = resolve(args.target)\n    return compile_all(target)"
    )
    for text in ("Build and publish all packages.", "the package that is compiled"):
        assert found[text].startswith("def main():")
        assert text not in found[text]


def test_keywords_of_other_calls_are_no_help() -> None:
    source = """
        from argparse import ArgumentParser

        def schema():
            field = Field(description="the name that is shown to users")
            counter = Counter(name="x", help="how many requests were made")
            return field, counter
        """
    assert mined("python", source) == {}


def test_a_command_of_django_goes_with_its_handle() -> None:
    source = """
        class Command(BaseCommand):
            "What the class is for, which is no help."

            help = "Deletes sessions that have expired"

            def add_arguments(self, parser):
                parser.add_argument("--all", action="store_true")

            def handle(self, *args, **options):
                store = engine.SessionStore
                store.clear_expired()
        """
    assert list(mined("python", source).items()) == [
        (
            "Deletes sessions that have expired",
            "def handle(self, *args, **options):\n"
            "    store = engine.SessionStore\n"
            "    store.clear_expired()",
        )
    ]


def test_a_command_of_cobra_goes_with_the_function_that_it_runs() -> None:
    source = """
        package cmd

        func NewCmdFork(f *Factory) *cobra.Command {
        \tcmd := &cobra.Command{
        \t\tUse:   "fork",
        \t\tShort: "Create a fork of a repository",
        \t\tRunE: func(cmd *cobra.Command, args []string) error {
        \t\t\treturn forkRun(opts)
        \t\t},
        \t}
        \tcmd.Flags().BoolVar(&opts.Clone, "clone", false, "Clone the fork after it was made")
        \treturn cmd
        }

        func forkRun(opts *Options) error {
        \trepo := opts.Base()
        \treturn api.Fork(repo)
        }
        """
    found = mined("go", source)
    assert found["Create a fork of a repository"] == (
        "func forkRun(opts *Options) error {\n\trepo := opts.Base()\n\treturn api.Fork(repo)\n}"
    )
    assert 'BoolVar(&opts.Clone, "clone", false, "")' in found["Clone the fork after it was made"]


@pytest.mark.parametrize(
    ("language", "source", "text", "part"),
    [
        (
            "javascript",
            """
            const { program } = require('commander');
            program
              .command('clone <source>')
              .description('clone a repository into a new folder')
              .action((source) => {
                git.clone(source);
              });
            """,
            "clone a repository into a new folder",
            "git.clone(source);",
        ),
        (
            "typescript",
            """
            import { Command } from "commander";
            async function serve(options: Options): Promise<void> {
              const server = await start(options.port);
              await server.closed;
            }
            export default new Command()
              .command("serve")
              .description("start a server for this folder")
              .action(serve);
            """,
            "start a server for this folder",
            "await start(options.port)",
        ),
        (
            "javascript",
            """
            const yargs = require('yargs');
            yargs.command('serve [port]', 'start the local server', (y) => y, (argv) => {
              listen(argv.port);
              log(argv.port);
            }).argv;
            """,
            "start the local server",
            "listen(argv.port);",
        ),
        (
            "typescript",
            """
            import * as yargs from "yargs";
            export const command = {
              command: "drop",
              describe: "Drops all tables of the database.",
              handler: async (args: Args) => {
                await database(args).drop();
              },
            };
            """,
            "Drops all tables of the database.",
            "await database(args).drop();",
        ),
        (
            "rust",
            """
            use clap::{Arg, Command};
            fn main() {
                let matches = Command::new("pack")
                    .author("one who wrote this")
                    .arg(Arg::new("level").help("how hard to compress the data"))
                    .get_matches();
                pack(&matches);
            }
            """,
            "how hard to compress the data",
            'Arg::new("level").help("")',
        ),
        (
            "ruby",
            """
            class CLI < Thor
              desc "prune", "remove releases that are not used"
              option :keep, type: :numeric
              def prune
                releases.drop(options[:keep]).each(&:remove)
              end
            end
            """,
            "remove releases that are not used",
            "releases.drop(options[:keep])",
        ),
        (
            "ruby",
            """
            require "rake"
            desc "Compile the assets for production"
            task compile: :environment do
              Assets.compile(Rails.root)
            end
            """,
            "Compile the assets for production",
            "Assets.compile(Rails.root)",
        ),
        (
            "ruby",
            """
            require "optparse"
            def parse(args)
              OptionParser.new do |opts|
                opts.on("-f", "--force", "overwrite files that exist") { |v| @force = v }
              end.parse!(args)
            end
            """,
            "overwrite files that exist",
            'opts.on("-f", "--force", "") { |v| @force = v }',
        ),
        (
            "php",
            """
            <?php
            class ClearCommand extends Command {
                protected function configure(): void {
                    $this->setName('clear')->setDescription('Removes all cached pages');
                }
                protected function execute(InputInterface $input, OutputInterface $output): int {
                    $this->cache->clear();
                    return 0;
                }
            }
            """,
            "Removes all cached pages",
            "$this->cache->clear();",
        ),
        (
            "php",
            """
            <?php
            #[AsCommand(name: 'app:warm', description: 'Fills the cache of pages')]
            class WarmCommand extends Command {
                protected function execute(InputInterface $input, OutputInterface $output): int {
                    $this->cache->fill();
                    return 0;
                }
            }
            """,
            "Fills the cache of pages",
            "$this->cache->fill();",
        ),
        (
            "elixir",
            """
            defmodule Mix.Tasks.Deps.Tree do
              use Mix.Task
              @shortdoc "Prints the dependency tree"
              def run(args) do
                project = Mix.Project.get!()
                print_tree(project, args)
              end
            end
            """,
            "Prints the dependency tree",
            "print_tree(project, args)",
        ),
        (
            "java",
            """
            import picocli.CommandLine.Command;
            @Command(name = "sum", description = "Prints the checksum of a file.")
            class Sum implements Callable<Integer> {
              public Integer call() throws Exception {
                print(digest(file));
                return 0;
              }
            }
            """,
            "Prints the checksum of a file.",
            "print(digest(file));",
        ),
    ],
)
def test_every_library_has_its_habits(language: str, source: str, text: str, part: str) -> None:
    found = mined(language, source)
    assert list(found) == [text]
    assert part in found[text]
    assert text not in found[text]


def test_the_help_that_every_program_has_is_passed_over() -> None:
    source = """
        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--help", help="show this help message and exit")
            parser.add_argument("--version", help="print the version of this program")
            parser.add_argument("-q", help="be quiet")
            return parser.parse_args()
        """
    assert mined("python", source) == {}


def test_a_handler_gives_at_most_three_pairs() -> None:
    options = "".join(
        f'    parser.add_argument("--{word}", help="set the {word} of it")\n'
        for word in ("size", "width", "height", "depth", "weight")
    )
    source = (
        f"def main():\n    parser = ArgumentParser()\n{options}    return parser.parse_args()\n"
    )
    assert len(mined("python", source)) == 3


@pytest.mark.parametrize(
    ("language", "text"), [("python", ""), ("markdown", "--help=x"), ("c", "")]
)
def test_other_files_give_nothing(language: str, text: str) -> None:
    assert mined(language, text) == {}


def test_tests_are_passed_over() -> None:
    source = '@click.command(help="Remove old releases.")\ndef prune():\n    clean()\n    done()\n'
    assert mined("python", source, test=True) == {}
    assert mined("python", source)
