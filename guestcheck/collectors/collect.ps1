<#
Records what guestcheck asks of a Windows guest, where there is no Python to run it. It changes nothing, installs nothing and
needs Windows PowerShell 3.0 or newer (Windows 8 and Server 2012 have it; 7 and 2008 R2 with Windows Management Framework 3.0):

  powershell -NoProfile -ExecutionPolicy Bypass -File collect.ps1 [FILE]    without FILE: .\guestcheck-HOST-DATE.txt
  guestcheck FILE                                                           judges the recording, on any machine

As an administrator it records more: the state of BitLocker. What is asked stands in Questions, near the end; the recording is plain
text, so read it before you send it. Made by `guestcheck collector powershell`.

Each thing asked has its own limit of time. One that does not end in time is left behind, and what was recorded says so. Where an
administrator's policy lets PowerShell do only a part of what it can (constrained language mode), less is recorded; that is said too.
#>
#Requires -Version 3.0
param(
    [string]$File = '',
    [switch]$Print
)

$tool = 'guestcheck @VERSION@ collect.ps1'
# Seconds for all questions together, and characters of one value.
$wholeLimit = 300
$longestValue = 4000
# What a registry key may have: more is left out, and said so.
$mostKeys = 20000

# --- what is run for each thing asked, perhaps in a runspace of its own: lines of text come out, or one that begins with "#failed "

function Format-Line($value) {
    # A value in a line: no control characters, and of no more than a certain length. Texts of PowerShell's own making know no culture.
    $text = "$value" -replace '[\x00-\x1f\x7f]', ' '
    if ($text.Length -gt $longestValue) { $text = $text.Substring(0, $longestValue) }
    $text.Trim()
}

function Format-Instance($instance, $names) {
    # A line `Name : value` for each property that has a value, and an empty line.
    foreach ($name in $names) {
        foreach ($part in @($instance.$name)) {
            if ($null -eq $part) { continue }
            # A day is meant in universal time: in local time it would be the one before, west of Greenwich.
            if ($part -is [datetime]) { $part = $part.ToUniversalTime().ToString('s') }
            elseif ($part -isnot [string] -and $part.DeviceID) { $part = $part.DeviceID }
            $text = Format-Line $part
            # WMI names another instance by a path with the computer's name: \\HOST\root\cimv2:Win32_X.DeviceID="PCI\\VEN_..."
            if ($text -match '^\\\\[^\\]+\\root\\[^"]*="(.*)"$') { $text = $Matches[1] -replace '\\\\', '\' }
            if ($text) { "$name : $text" }
        }
    }
    ''
}

function Get-Failure($failure) {
    # Says in one line what went wrong, with the codes first: those are the same in every language.
    $codes = @(("$($failure.FullyQualifiedErrorId)" -split ',')[0], $failure.Exception.NativeErrorCode, $failure.Exception.ErrorCode)
    if ($null -ne $failure.Exception.HResult) { $codes += '0x{0:x8}' -f $failure.Exception.HResult }
    "#failed $(Format-Line ($codes -join ' ')) | $(Format-Line $failure.Exception.Message)"
}

function Read-Cim($class, $properties, $where, $namespace, $seconds) {
    $names = $properties -split ','
    # A property that this Windows lacks would make the query fail if it named it.
    $query = "SELECT * FROM $class"
    if ($where) { $query = "$query WHERE $where" }
    try {
        if (Get-Command Get-CimInstance -ErrorAction SilentlyContinue) {
            $found = Get-CimInstance -Namespace $namespace -Query $query -OperationTimeoutSec $seconds -ErrorAction Stop
        } else {
            $found = Get-WmiObject -Namespace ($namespace -replace '/', '\') -Query $query -ErrorAction Stop
        }
        foreach ($instance in $found) { Format-Instance $instance $names }
    } catch {
        Get-Failure $_
    }
}

function Format-Bytes($bytes) {
    ($bytes | ForEach-Object { '{0:x2}' -f $_ }) -join ','
}

function Format-Text($text) {
    # A text as a .reg file has it between quotes.
    '"' + ($text -replace '\\', '\\' -replace '"', '\"') + '"'
}

function Format-Value($key, $name) {
    # A value as `reg export` writes it, on one line; but texts as texts: "A", expand:"A", multi:"A","B".
    $value = $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
    $shown = if ($name) { Format-Text ($name -replace '[\x00-\x1f]', [string][char]0xfffd) } else { '@' }
    $kind = "$($key.GetValueKind($name))"
    $size = if ($value -is [byte[]]) { $value.Length } else { "$value".Length * 2 }
    if ($size -gt 16384) { return "; $shown is longer than is recorded" }
    $plain = "$value" -notmatch '[\x00-\x1f]'
    $unicode = [System.Text.Encoding]::Unicode
    if ($kind -eq 'DWord') { return "$shown=dword:$('{0:x8}' -f $value)" }
    if ($kind -eq 'String' -and $plain) { return "$shown=$(Format-Text $value)" }
    if ($kind -eq 'String') { return "$shown=hex(1):$(Format-Bytes $unicode.GetBytes("$value`0"))" }
    if ($kind -eq 'ExpandString' -and $plain) { return "$shown=expand:$(Format-Text $value)" }
    if ($kind -eq 'ExpandString') { return "$shown=hex(2):$(Format-Bytes $unicode.GetBytes("$value`0"))" }
    if ($kind -eq 'MultiString' -and $plain) { return "$shown=multi:$(($value | ForEach-Object { Format-Text $_ }) -join ',')" }
    if ($kind -eq 'MultiString') { return "$shown=hex(7):$(Format-Bytes $unicode.GetBytes((@($value) -join "`0") + "`0`0"))" }
    if ($kind -eq 'QWord') { return "$shown=hex(b):$(Format-Bytes ([BitConverter]::GetBytes($value)))" }
    if ($kind -eq 'Binary') { return "$shown=hex:$(Format-Bytes $value)" }
    "$shown=hex(0):$(Format-Bytes @($value | Where-Object { $_ -is [byte] }))"
}

function Open-Key($path) {
    # The key at $path, below HKEY_LOCAL_MACHINE; nothing where there is none, and a line that says so where it may not be read.
    try { [Microsoft.Win32.Registry]::LocalMachine.OpenSubKey($path) } catch { Get-Failure $_ }
}

function Read-Key($path, $depth, $wanted, $seen) {
    # The key at $path, those of its values that are wanted, and as many levels of keys below it.
    $key = Open-Key $path
    if ($null -eq $key) { return }
    if ($key -is [string]) { return $key }
    $seen.Add(1)
    if ($seen.Count -gt $mostKeys) { return }
    "[$($key.Name -replace '[\x00-\x1f]', [string][char]0xfffd)]"
    foreach ($name in $key.GetValueNames()) {
        $called = if ($name) { $name } else { '@' }
        if ($wanted.Count -and $wanted -notcontains $called) { continue }
        # Nobody's business, whatever was asked.
        if ($name -match 'ProductKey|DigitalProductId|Password|Secret') { continue }
        Format-Value $key $name
    }
    ''
    $names = @(if ($depth -gt 0) { $key.GetSubKeyNames() })
    $key.Close()
    foreach ($below in $names) { Read-Key "$path\$below" ($depth - 1) $wanted $seen }
}

function Find-Key($path, $rest) {
    # The paths that match: in each level `*` stands for anything, and `|` parts alternatives.
    if (-not $rest.Count) { return $path }
    $further = @($rest | Select-Object -Skip 1)
    $patterns = @($rest[0] -split '\|')
    if ($patterns.Count -eq 1 -and $patterns[0] -notlike '*[*]*') {
        # Whether it is there shows when it is opened.
        $next = if ($path) { "$path\$($patterns[0])" } else { $patterns[0] }
        Find-Key $next $further
        return
    }
    $key = Open-Key $path
    if ($null -eq $key) { return }
    if ($key -is [string]) { return $key }
    $names = @($key.GetSubKeyNames())
    $key.Close()
    foreach ($name in $names) {
        foreach ($pattern in $patterns) {
            if ($name -like $pattern) {
                Find-Key "$path\$name" $further
                break
            }
        }
    }
}

function Read-Registry($key, $depth, $values) {
    # Keys as `reg export` writes them, version 5; where nothing matches the first line alone says that it was looked for.
    try {
        $wanted = @($values -split '\|' | Where-Object { $_ })
        $parts = @($key -split '\\' | Select-Object -Skip 1)
        # A hive that Windows has not loaded (HKLM\DRIVERS, most of the time) was not looked into.
        if (-not (Open-Key $parts[0])) { return "#failed NotFound | HKLM\$($parts[0]) is not loaded" }
        $seen = New-Object System.Collections.Generic.List[int]
        'Windows Registry Editor Version 5.00'
        ''
        foreach ($path in @(Find-Key '' $parts)) {
            if ($path -like '#failed *') { $path } else { Read-Key $path $depth $wanted $seen }
        }
        if ($seen.Count -gt $mostKeys) { "#failed TooMany | there are more than $mostKeys keys" }
    } catch {
        Get-Failure $_
    }
}

function Read-Listing($patterns) {
    # Which files match, as paths of the system's drive: /Windows/System32/drivers/disk.sys
    foreach ($pattern in $patterns -split ' ') {
        $problems = @()
        $path = $env:SystemDrive + ($pattern -replace '/', '\')
        if ($path -like '*[*]*') {
            $found = Get-ChildItem -Path $path -Force -ErrorAction SilentlyContinue -ErrorVariable problems
        } else {
            # A file that Windows keeps locked (hiberfil.sys) is not found when it is named, and is listed by its folder.
            $folder = ($path -replace '[^\\]+$', '')
            $name = $path.Substring($folder.Length)
            $found = Get-ChildItem -LiteralPath $folder -Filter $name -Force -ErrorAction SilentlyContinue -ErrorVariable problems
        }
        foreach ($file in $found) { Format-Line ($file.FullName.Substring(2) -replace '\\', '/') }
        # What is not there is no failure; a folder that may not be read is one: of such a list nothing may be said to be missing.
        foreach ($problem in $problems) { if ("$($problem.CategoryInfo.Category)" -ne 'ObjectNotFound') { Get-Failure $problem } }
    }
}

# --- one thing asked after the other

function Get-Status($failure) {
    # What the codes mean: WBEM_E_INVALID_CLASS, _INVALID_NAMESPACE and _NOT_FOUND; _ACCESS_DENIED and the like; WBEM_E_TIMED_OUT.
    # A command that is not there is no word about what it was to look for, and messages are in any language.
    $codes = ($failure -split ' \| ', 2)[0]
    if ($codes -match '0x8004100[2e]|0x80041010|InvalidClass|InvalidNamespace|(?<!Command)NotFound') { return 'absent' }
    if ($codes -match '0x80041003|0x80070005|0x8013150a|AccessDenied|UnauthorizedAccess|SecurityException') { return 'denied' }
    if ($codes -match '0x80041069|0x80043001|0x80338029|OperationTimeout|TimedOut') { return 'timeout' }
    'failed'
}

function Invoke-Limited($name, $arguments, $seconds) {
    # Runs the function $name and hands on its lines; $script:late says that it did not end within $seconds.
    $script:late = $false
    if (-not $script:free) {
        & $name @arguments
        return
    }
    if ($null -eq $script:runspace) {
        $script:runspace = [runspacefactory]::CreateRunspace()
        $script:runspace.Open()
    }
    $shell = [powershell]::Create()
    $shell.Runspace = $script:runspace
    [void]$shell.AddScript("param(`$given)`n$($script:library)`n$name @given").AddParameter('given', $arguments)
    $running = $shell.BeginInvoke()
    if ($running.AsyncWaitHandle.WaitOne([int]($seconds * 1000))) {
        try { $shell.EndInvoke($running) } catch { Get-Failure $_ }
        # What went on after an error has less to say than it should.
        foreach ($problem in $shell.Streams.Error) { Get-Failure $problem }
        $shell.Dispose()
        return
    }
    # It may be asleep in a driver and never stop: nobody waits for it, and what comes next gets a runspace of its own.
    $script:late = $true
    $script:left = $true
    $script:runspace = $null
    [void]$shell.BeginStop($null, $null)
}

function Put($question, $asked, $name, $arguments, $seconds) {
    # One answer: a line each for the question with how it ended, for what was asked, for why; and its text, a blank before each line.
    $began = Get-Date
    $spent = ($began - $script:started).TotalSeconds
    $status = 'ok'
    $detail = ''
    $lines = @()
    if ($spent -gt $wholeLimit) {
        $status = 'timeout'
        $detail = "not asked: the time for all questions ($wholeLimit s) was over"
    } else {
        Write-Progress -Activity 'guestcheck' -Status "$question $asked"
        $longest = if ($seconds + 5 -lt $wholeLimit + 10 - $spent) { $seconds + 5 } else { $wholeLimit + 10 - $spent }
        # Whatever goes wrong: what was asked in vain must never look like an answer with nothing in it.
        try { $lines = @(Invoke-Limited $name $arguments $longest) } catch { $lines = @(Get-Failure $_) }
        if ($script:late) {
            $status = 'timeout'
            $detail = "did not end in $seconds s"
        }
        $failure = $lines | Where-Object { "$_" -like '#failed *' } | Select-Object -First 1
        if ($failure) {
            $detail = "$failure".Substring(8)
            $status = Get-Status $detail
        }
    }
    # Thousandths; no type's own method is called here, for in the constrained language few types have any.
    $took = [int](((Get-Date) - $began).TotalSeconds * 1000) / 1000
    "#answer $question $status $took"
    "#asked $(Format-Line $asked)"
    if ($detail) { "#detail $(Format-Line $detail)" }
    foreach ($line in $lines) { if ("$line" -notlike '#failed *') { " $line" } }
}

function Ask-Cim($question, $class, $properties, $where, $namespace, $seconds) {
    Put $question $class 'Read-Cim' @($class, $properties, $where, $namespace, $seconds) $seconds
}

function Ask-Registry($question, $key, $depth, $values, $seconds) {
    Put $question $key 'Read-Registry' @($key, $depth, $values) $seconds
}

function Ask-Listing($question, $patterns, $seconds) {
    Put $question $patterns 'Read-Listing' @($patterns) $seconds
}

function Questions {
@QUESTIONS@
}

function Record {
    '#guestcheck.recording/1'
    "#tool $tool"
    "#time $([datetime]::UtcNow.ToString('s'))Z"
    '#source live'
    '#running yes'
    "#language $($ExecutionContext.SessionState.LanguageMode), PowerShell $($PSVersionTable.PSVersion)"
    Questions
    '#end'
}

$ErrorActionPreference = 'Continue'
# PowerShell 7 names its own modules to what it starts, and Windows PowerShell cannot load those.
$modules = $env:PSModulePath
if ($PSVersionTable.PSVersion.Major -lt 6 -and "$modules" -match '\\PowerShell\\[0-9]') { $env:PSModulePath = "$PSHOME\Modules" }
$started = Get-Date
$left = $false
$late = $false
$runspace = $null
# Only in the full language may a script make runspaces, which can be left behind when they hang.
$free = "$($ExecutionContext.SessionState.LanguageMode)" -eq 'FullLanguage'
# Names are compared without their case, and in Turkish the small letter of I is another one: no culture is the one to compare in.
$library = 'try { [Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::InvariantCulture } catch { $culture = $null }' + "`n"
$library += "`$longestValue = $longestValue; `$mostKeys = $mostKeys`n"
foreach ($name in 'Format-Line', 'Format-Instance', 'Get-Failure', 'Read-Cim', 'Format-Bytes', 'Format-Text', 'Format-Value',
    'Open-Key', 'Read-Key', 'Find-Key', 'Read-Registry', 'Read-Listing') {
    $library += "function $name {$((Get-Command $name -CommandType Function).Definition)}`n"
}
if ($env:PROCESSOR_ARCHITEW6432) {
    Write-Error 'this is the 32-bit PowerShell of a 64-bit Windows, which does not see all of it: start the other one' -ErrorAction Continue
    exit 2
}
if ($Print) {
    $ProgressPreference = 'SilentlyContinue'
    $before = $null
    if ($free) {
        try {
            $before = [Console]::OutputEncoding
            [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
        } catch {
            $before = $null
        }
    }
    Record
    # The console is its user's.
    if ($before) { try { [Console]::OutputEncoding = $before } catch { $before = $null } }
} else {
    if (-not $File) { $File = ".\guestcheck-$($env:COMPUTERNAME)-$((Get-Date).ToString('s') -replace '[-:]', '' -replace 'T', '-').txt" }
    if (Test-Path -LiteralPath $File -PathType Container) {
        Write-Error "${File} is a folder: a recording goes into a file" -ErrorAction Continue
        exit 2
    }
    # Whole or not at all: what was there before stays until the new one is written.
    $part = "$File.$PID.tmp"
    try {
        Record | Set-Content -LiteralPath $part -Encoding UTF8 -ErrorAction Stop
        Move-Item -LiteralPath $part -Destination $File -Force -ErrorAction Stop
    } catch {
        Remove-Item -LiteralPath $part -ErrorAction SilentlyContinue
        Write-Error "cannot write ${File}: $($_.Exception.Message)" -ErrorAction Continue
        exit 2
    }
    "recorded in $File; judge it with: guestcheck $File"
}
$env:PSModulePath = $modules
# A runspace that hangs would keep a PowerShell that was started for this from ending; one that somebody works in goes on.
if ($left -and $free -and ($Print -or @([Environment]::GetCommandLineArgs() -match '^[-/]f(i|il|ile)?$').Count)) {
    [Console]::Out.Flush()
    [Environment]::Exit(0)
}
