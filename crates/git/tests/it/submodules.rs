//! Submodules: directories that another repository fills.

use std::fs;

use holdall_git::{CommitTree, Untracked};
use holdall_tree::RelPath;

use crate::support::{Notes, Repo, id, on_disk, open, path, read, shape};

/// `repo` with the submodule `libs/inner` of the name `in ner`, which itself has the submodule `deep`.
fn nested() -> Option<Repo> {
    let repo = Repo::new()?;
    for (name, file) in [("deep-source", "deep.txt"), ("inner-source", "inner.txt")] {
        let dir = repo.home().join(name);
        repo.git_in(repo.home(), &["init", "-q", "-b", "main", name], b"");
        fs::write(dir.join(file), file).unwrap();
        repo.git_in(&dir, &["add", "-A"], b"");
        repo.git_in(&dir, &["commit", "-q", "-m", "c"], b"");
    }
    let inner = repo.home().join("inner-source");
    repo.git_in(&inner, &["submodule", "--quiet", "add", "../deep-source", "deep"], b"");
    repo.git_in(&inner, &["commit", "-q", "-m", "deep"], b"");
    repo.write("top.txt", "top");
    let add = ["submodule", "--quiet", "add", "--name", "in ner", "../inner-source", "libs/inner"];
    repo.git(&add);
    repo.git(&["submodule", "--quiet", "update", "--init", "--recursive"]);
    repo.commit_all();
    Some(repo)
}

#[test]
fn a_submodule_is_read_from_its_own_repository() {
    let Some(repo) = nested() else { return };
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let notes = Notes::default();
    let found = read(&tree, &notes).unwrap();
    assert!(shape(&found).contains_key("libs/inner/deep/deep.txt"), "{found:?}");
    assert_eq!(notes.take(), Vec::<String>::new());
    let contents =
        |all: &[_]| shape(all).into_iter().map(|(p, (_, _, c))| (p, c)).collect::<Vec<_>>();
    assert_eq!(contents(&found), contents(&on_disk(&repo.dir)));
    let below = CommitTree::open(&git, "HEAD", &path("libs/inner/deep")).unwrap();
    assert_eq!(read(&below, &notes).unwrap()[1].1, b"deep.txt");
}

#[test]
fn it_does_not_need_to_be_checked_out() {
    let Some(repo) = nested() else { return };
    let git = repo.open();
    let all = |git| {
        let tree = CommitTree::open(git, "HEAD", &RelPath::root()).unwrap();
        id(&read(&tree, &Notes::default()).unwrap())
    };
    let before = all(&git);
    repo.git(&["submodule", "--quiet", "deinit", "--all", "--force"]);
    assert_eq!(all(&git), before);
}

#[test]
fn one_whose_repository_lies_in_the_work_tree_is_read() {
    let Some(repo) = Repo::new() else { return };
    repo.git_in(&repo.dir, &["init", "-q", "-b", "main", "old"], b"");
    repo.write("old/a", "in the old way");
    repo.git_in(&repo.path("old"), &["add", "-A"], b"");
    repo.git_in(&repo.path("old"), &["commit", "-q", "-m", "c"], b"");
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &path("old")).unwrap();
    assert_eq!(read(&tree, &Notes::default()).unwrap()[1].1, b"in the old way");
}

#[test]
fn one_that_is_not_here_is_empty_and_said_once() {
    let Some(repo) = nested() else { return };
    repo.git_in(repo.home(), &["clone", "-q", "repo", "bare-handed"], b"");
    let git = open(&repo.home().join("bare-handed"));
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let notes = Notes::default();
    let found = read(&tree, &notes).unwrap();
    assert_eq!(id(&found), id(&read(&tree, &notes).unwrap()));
    let found = shape(&found);
    assert!(found.contains_key("libs/inner") && !found.contains_key("libs/inner/inner.txt"));
    let told = notes.take();
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("libs/inner") && told[0].contains("submodule update"), "{told:?}");
}

#[test]
fn a_name_that_leads_out_of_the_repository_is_not_followed() {
    let Some(repo) = nested() else { return };
    // A repository that holds the commit, where only a hostile name leads.
    fs::rename(repo.dir.join(".git/modules/in ner"), repo.home().join("outside")).unwrap();
    fs::remove_dir_all(repo.path("libs/inner")).unwrap();
    repo.write(".gitmodules", "[submodule \"../../../outside\"]\n\tpath = libs/inner\n\turl = x\n");
    repo.git(&["commit", "-q", "-m", "trap", "--", ".gitmodules"]);
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let notes = Notes::default();
    assert!(!shape(&read(&tree, &notes).unwrap()).contains_key("libs/inner/inner.txt"));
    assert_eq!(notes.take().len(), 1);
}

#[test]
fn a_link_in_the_work_tree_does_not_lead_to_another_repository() {
    let Some(repo) = nested() else { return };
    fs::remove_dir_all(repo.dir.join(".git/modules")).unwrap();
    fs::remove_dir_all(repo.path("libs")).unwrap();
    let elsewhere = repo.home().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::rename(repo.home().join("inner-source"), elsewhere.join("inner")).unwrap();
    repo.link("libs", elsewhere.to_str().unwrap());
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let notes = Notes::default();
    assert!(!shape(&read(&tree, &notes).unwrap()).contains_key("libs/inner/inner.txt"));
    assert_eq!(notes.take().len(), 1);
}

#[test]
fn the_index_is_read_through_submodules() {
    let Some(repo) = nested() else { return };
    repo.write("libs/inner/new", "untracked in the submodule");
    let git = repo.open();
    let listed = repo.git_in(&repo.dir, &["ls-files", "-z", "--recurse-submodules"], b"");
    let listed: Vec<_> =
        listed.split(|byte| *byte == 0).filter(|p| !p.is_empty()).map(path).collect();
    let mut expected = listed.clone();
    expected.sort();
    assert_eq!(git.index_files(&repo.dir, Untracked::Leave).unwrap(), expected);
    expected.push(path("libs/inner/new"));
    expected.sort();
    assert_eq!(git.index_files(&repo.dir, Untracked::Take).unwrap(), expected);
    repo.git(&["submodule", "--quiet", "deinit", "--all", "--force"]);
    let listed = repo.git_in(&repo.dir, &["ls-files", "-z", "--recurse-submodules"], b"");
    let mut listed: Vec<_> =
        listed.split(|byte| *byte == 0).filter(|p| !p.is_empty()).map(path).collect();
    listed.sort();
    // What is active is a setting, and those are read when a repository is opened.
    let git = repo.open();
    assert_eq!(git.index_files(&repo.dir, Untracked::Leave).unwrap(), listed);
}
