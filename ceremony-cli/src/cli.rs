//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use escrutinio_ceremony::person::Role;
use escrutinio_ceremony::text::Lang;

/// The ceremonies of an election, step by step, offline.
///
/// Nothing secret is ever an argument: passwords are asked for. A file given with --secret
/// is sealed under a password. Exit codes: 0 done, 1 refused by a check, 2 wrong use or wrong
/// order, 3 a file cannot be read or written, 4 wrong password or damaged secret, 5 done before.
#[derive(Debug, Parser)]
#[command(name = "escrutinio", version)]
pub(crate) struct Cli {
    /// Language: es or en.
    #[arg(long, global = true, default_value = "es")]
    pub(crate) lang: Lang,
    /// Results as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Takes answers from a file instead of the terminal.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The folder of the election.
#[derive(Debug, Args)]
pub(crate) struct Dir {
    /// Folder of the election.
    pub(crate) dir: PathBuf,
}

/// The folder of the election and somebody's sealed file.
#[derive(Debug, Args)]
pub(crate) struct DirSecret {
    /// Folder of the election.
    pub(crate) dir: PathBuf,
    /// Sealed file with the signing key.
    #[arg(long)]
    pub(crate) secret: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The manifest and the seal.
    #[command(subcommand)]
    Election(Election),
    /// Registrar, server, log and witnesses.
    #[command(subcommand)]
    Official(Official),
    /// The holders of key shares.
    #[command(subcommand)]
    Custodian(Custodian),
    /// The key ceremony as a whole.
    #[command(subcommand)]
    Key(Key),
    /// The roll and the credentials.
    #[command(subcommand)]
    Roll(Roll),
    /// The ballot box.
    #[command(subcommand)]
    Box(BallotBox),
    /// The count.
    #[command(subcommand)]
    Count(Count),
    /// The written-in names.
    #[command(subcommand)]
    Writein(Writein),
    /// The actas of the count.
    #[command(subcommand)]
    Acta(Acta),
    /// The end of the record.
    #[command(subcommand)]
    Record(Record),
    /// What people declare during an act.
    #[command(subcommand)]
    Act(Act),
    /// Shows what a file is.
    Inspect {
        /// The file.
        file: PathBuf,
    },
    /// The steps of the protocol: what is done and what comes next.
    Status(Dir),
    /// The transcript of the acts.
    #[command(subcommand)]
    Transcript(Transcript),
    /// The exit codes.
    ExitCodes,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Election {
    /// Writes the next version of the draft, with a preview of its ballots.
    New {
        /// Folder of the election.
        dir: PathBuf,
        /// Starts from a template.
        #[arg(long, conflicts_with = "from")]
        template: Option<String>,
        /// Starts from a file.
        #[arg(long)]
        from: Option<PathBuf>,
        /// Registration card to enter; custodians are numbered in this order.
        #[arg(long)]
        card: Vec<PathBuf>,
    },
    /// Checks the latest draft, or a file.
    Check {
        /// Folder of the election.
        dir: PathBuf,
        /// Another file.
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// Freezes the latest draft as the manifest.
    Freeze(Dir),
    /// Seals everything that is fixed before the first ballot; gives the election id.
    Seal(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Official {
    /// Makes a key and its card.
    Register {
        /// Whose key.
        #[arg(long, value_parser = PossibleValuesParser::new(Role::ALL.map(Role::name)).try_map(role))]
        role: Role,
        /// Sealed file to make.
        #[arg(long)]
        secret: PathBuf,
        /// Card to write; by default beside the sealed file.
        #[arg(long)]
        card: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Custodian {
    /// Makes a custodian's key and card.
    Register {
        /// Sealed file to make.
        #[arg(long)]
        secret: PathBuf,
        /// Card to write; by default beside the sealed file.
        #[arg(long)]
        card: Option<PathBuf>,
    },
    /// Round 1: commits to polynomials.
    Commit(DirSecret),
    /// Round 2: deals the shares.
    Deal(DirSecret),
    /// Round 3: checks the shares received.
    CheckShares(DirSecret),
    /// Certifies the ceremony and seals the key share.
    Certify(DirSecret),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Closes a round without those who have not spoken.
    Close {
        /// Folder of the election.
        dir: PathBuf,
        /// Which round: 1, 2 or 3.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3))]
        round: u32,
    },
    /// Puts the certified key record together.
    Combine(Dir),
    /// With --secret a custodian's part of the trial, without it the assembled trial.
    Trial {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the custodian's signing key; the share lies beside it.
        #[arg(long)]
        secret: Option<PathBuf>,
    },
    /// Declares the ceremony void and moves it aside.
    Void(Dir),
}

/// A delivered roll file.
#[derive(Debug, Args)]
pub(crate) struct RollFile {
    /// Folder of the election.
    pub(crate) dir: PathBuf,
    /// Sealed file with the registrar's key.
    #[arg(long)]
    pub(crate) secret: PathBuf,
    /// The delivered file (CSV).
    #[arg(long)]
    pub(crate) file: PathBuf,
    /// Keyed hashes of those who vote by post.
    #[arg(long)]
    pub(crate) postal: Option<PathBuf>,
}

/// Whose halves or accounts.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Issuer {
    Registrar,
    Server,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Roll {
    /// Loads the base roll.
    Load(RollFile),
    /// Loads an addendum.
    Addendum(RollFile),
    /// Commits to the roll; nobody is added afterwards.
    Commit(DirSecret),
    /// Draws half credentials and publishes their keys.
    Halves {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the key of registrar or server.
        #[arg(long)]
        secret: PathBuf,
        /// Whose halves.
        #[arg(long)]
        role: Issuer,
    },
    /// A custodian mixes the credential lists: nobody knows afterwards whose key is whose.
    Mix(DirSecret),
    /// Writes the credential lists after the last mix.
    List(Dir),
    /// Registrar: writes the messages to the voters and the package for the server.
    /// Server: opens that package and adds its halves.
    Accounts {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the key of registrar or server.
        #[arg(long)]
        secret: PathBuf,
        /// Whose step.
        #[arg(long)]
        role: Issuer,
        /// Registrar: folder to make for the messages.
        #[arg(long, required_if_eq("role", "registrar"))]
        outbox: Option<PathBuf>,
        /// Server: the registrar's package.
        #[arg(long, required_if_eq("role", "server"))]
        package: Option<PathBuf>,
        /// Server: sealed file to make.
        #[arg(long, required_if_eq("role", "server"))]
        out: Option<PathBuf>,
    },
    /// Registrar: writes new messages with new links, and the update by which the server voids the old ones.
    Resend {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the registrar's key.
        #[arg(long)]
        secret: PathBuf,
        /// User name of somebody who gets a new link at the latest address; may be repeated.
        #[arg(long, required_unless_present = "requests", conflicts_with = "requests")]
        user: Vec<String>,
        /// The server's sealed file of requests.
        #[arg(long)]
        requests: Option<PathBuf>,
        /// Folder to make for the messages.
        #[arg(long)]
        outbox: PathBuf,
    },
    /// Destroys the half credentials and the order of the roll, when the record is assembled and the
    /// rules on disputes allow it.
    Destroy {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the key of registrar or server.
        #[arg(long)]
        secret: PathBuf,
        /// Whose halves.
        #[arg(long)]
        role: Issuer,
        /// Registrar: the folder of the messages, which hold halves; it is destroyed too. Repeated for the
        /// folder of every resend.
        #[arg(long, required_if_eq("role", "registrar"))]
        outbox: Vec<PathBuf>,
        /// Server: the sealed file of the accounts, which holds halves; it is destroyed too.
        #[arg(long, required_if_eq("role", "server"))]
        accounts: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BallotBox {
    /// Zero report: signs the empty board.
    Open(DirSecret),
    /// Brings the accepted casts into the record.
    Export {
        /// Folder of the election.
        dir: PathBuf,
        /// File of casts, each preceded by its length.
        #[arg(long, requires = "secret", conflicts_with = "board", required_unless_present = "board")]
        spool: Option<PathBuf>,
        /// With --spool: sealed file with the log's key.
        #[arg(long)]
        secret: Option<PathBuf>,
        /// Folder of a board that the server kept: checkpoints/ and tile/entries/.
        #[arg(long)]
        board: Option<PathBuf>,
    },
    /// Signs how many voters were marked.
    Participation {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the server's key.
        #[arg(long)]
        secret: PathBuf,
        /// Lines `contest list voters`.
        #[arg(long)]
        marked: PathBuf,
        /// List of those who voted (CSV: name, clave; sorted). Not published.
        #[arg(long)]
        voters: PathBuf,
    },
    /// A witness cosigns the last checkpoint.
    Cosign(DirSecret),
    /// Recomputes the hash of the board and compares it with the exported one.
    Hash(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Count {
    /// Verifies the closed election and adds its ballots up.
    Aggregate(Dir),
    /// Draws the custodians who open the box, where the manifest says so.
    Lottery(Dir),
    /// A custodian's partial decryption.
    Decrypt(DirSecret),
    /// Combines the partial decryptions.
    Combine(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Writein {
    /// Without --secret writes down an order that opens sealed texts; with it a custodian signs.
    Order {
        /// Folder of the election.
        dir: PathBuf,
        /// Sealed file with the custodian's signing key.
        #[arg(long)]
        secret: Option<PathBuf>,
    },
    /// A custodian mixes the texts of every contest that is opened.
    Mix(DirSecret),
    /// A custodian decrypts the mixed texts.
    Decrypt(DirSecret),
    /// Combines the decryptions and reports the names.
    Report(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Acta {
    /// Fills the actas.
    Build(Dir),
    /// A custodian signs them.
    Sign(DirSecret),
    /// Closes them and renders the documents.
    Render(Dir),
    /// Adds the postal figures: the entity's count record.
    Entity {
        /// Folder of the election.
        dir: PathBuf,
        /// The postal figures (TOML).
        #[arg(long)]
        postal: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Record {
    /// Lists the tracking codes.
    Receipts(Dir),
    /// Writes the sums and verifies the whole record.
    Assemble(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Act {
    /// Records an incident.
    Incident(Dir),
    /// Records a protest writing.
    Protest(Dir),
    /// Records a decision of the competent body.
    Exception(Dir),
    /// Enters a declaration.
    Note(Dir),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Transcript {
    /// Checks the chain and the files that it names.
    Verify(Dir),
    /// Shows the acts.
    Show(Dir),
    /// Renders the acts as a document to be signed.
    Render(Dir),
}

fn role(name: String) -> Result<Role, String> {
    Role::parse(&name).ok_or(name)
}
