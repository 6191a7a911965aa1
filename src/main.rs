//! The `postroad` command.

fn main() -> std::process::ExitCode {
    postroad::cli::main()
}
